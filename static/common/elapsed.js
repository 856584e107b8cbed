// How long ago something was, in milliseconds. The clock of the wall may be set back, the browser's own may stand still
// while the machine sleeps: the later of the two is right.
export class Elapsed {
  constructor() {
    this.restart()
  }

  restart() {
    this.wall = Date.now()
    this.own = performance.now()
  }

  get ms() {
    return Math.max(Date.now() - this.wall, performance.now() - this.own)
  }
}
