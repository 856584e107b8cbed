// Whether what is being written stays inside.
const switchOf = (form) => form.querySelector("[data-note]")

export const isNote = (form) => Boolean(switchOf(form)?.checked)

export function setNote(form, isOn) {
  const box = switchOf(form)
  // where only notes may be written it stays as it is
  if (box && !box.hasAttribute("data-only-notes")) box.checked = isOn
}
