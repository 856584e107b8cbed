// Short sounds, made here: no file is fetched for them. A browser lets a tab sound once somebody has pressed into it.
const SOUNDS = {
  drop: { type: "sine", notes: [[880, 0], [1320, 0.09]], seconds: 0.22 },
  bell: { type: "triangle", notes: [[1046, 0], [784, 0.16]], seconds: 0.6 },
  wood: { type: "square", notes: [[196, 0], [220, 0.11]], seconds: 0.09 },
}
const QUIETEST = 0.0001
let context = null

function readyContext() {
  context ??= new AudioContext()
  if (context.state === "suspended") context.resume().catch(() => {})
  return context
}

// before the first press it would only be refused; it takes its time, and not that of what the press is for
const AFTER_MS = 300
for (const name of ["pointerdown", "keydown"]) {
  addEventListener(name, () => setTimeout(readyContext, AFTER_MS), { once: true, capture: true })
}

// `volume`: 0 to 100
export function playSound(name, volume) {
  const { type, notes, seconds } = SOUNDS[name] ?? SOUNDS.drop
  const audio = readyContext()
  if (!volume || audio.state === "closed") return
  for (const [pitch, after] of notes) {
    const begins = audio.currentTime + after
    const tone = audio.createOscillator()
    const gain = audio.createGain()
    tone.type = type
    tone.frequency.value = pitch
    gain.gain.setValueAtTime((volume / 100) * 0.4, begins)
    gain.gain.exponentialRampToValueAtTime(QUIETEST, begins + seconds)
    tone.connect(gain).connect(audio.destination)
    tone.start(begins)
    tone.stop(begins + seconds)
  }
}
