// What the browser keeps for one origin; in memory where it lets us keep nothing.
export class Kept {
  constructor(name) {
    this.prefix = `${name}.`
    this.isShared = true
    try {
      localStorage.setItem(`${name}.try`, "1")
      localStorage.removeItem(`${name}.try`)
      this.box = localStorage
    } catch {
      this.box = new MemoryBox()
      this.isShared = false
    }
  }

  get(key, otherwise = null) {
    try {
      return JSON.parse(this.box.getItem(this.prefix + key) ?? "null") ?? otherwise
    } catch {
      return otherwise
    }
  }

  set(key, value) {
    try {
      if (value === null) this.box.removeItem(this.prefix + key)
      else this.box.setItem(this.prefix + key, JSON.stringify(value))
    } catch {
      /* full: what is written now lives as long as the page */
    }
  }
}

class MemoryBox {
  held = new Map()

  getItem(key) {
    return this.held.get(key)
  }

  setItem(key, value) {
    this.held.set(key, value)
  }

  removeItem(key) {
    this.held.delete(key)
  }
}
