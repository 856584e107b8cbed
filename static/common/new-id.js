// An id that nobody else has, for what must be stored once.
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID()
  // outside of https there is no randomUUID
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}
