/** Time that passes at once: timers fire one after the other as fast as the program can follow. */

interface Timer {
  at: number;
  id: number;
  callback: () => void;
}

/** Takes the place of `setTimeout`, `clearTimeout`, `performance.now` and `Date.now` while it runs something. */
export class VirtualClock {
  #now = 0;
  #lastId = 0;
  /** A binary heap, the earliest first. */
  readonly #timers: Timer[] = [];
  readonly #cleared = new Set<number>();

  get now(): number {
    return this.#now;
  }

  /** Runs `work` to its end. @throws where it waits for something that no timer brings about */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const real = { setTimeout, clearTimeout };
    const dateNow = Date.now.bind(Date);
    const performanceNow = performance.now.bind(performance);
    const began = dateNow();
    Object.assign(globalThis, {
      setTimeout: (callback: () => void, ms = 0): number => this.#add(callback, ms),
      clearTimeout: (id: number | undefined) => {
        if (id !== undefined) this.#cleared.add(id);
      },
    });
    performance.now = () => this.#now;
    Date.now = () => began + this.#now;
    try {
      const state = { isDone: false };
      const result = work().finally(() => (state.isDone = true));
      result.catch(() => {});
      for (;;) {
        // After it, everything that promises have to do is done.
        await new Promise((resolve) => setImmediate(resolve));
        if (state.isDone) return await result;
        if (!this.#fireNext()) throw new Error("waits for what no timer brings about");
      }
    } finally {
      Object.assign(globalThis, real);
      performance.now = performanceNow;
      Date.now = dateNow;
    }
  }

  #add(callback: () => void, ms: number): number {
    const timer = { at: this.#now + Math.max(1, ms), id: ++this.#lastId, callback };
    const heap = this.#timers;
    let at = heap.push(timer) - 1;
    while (at > 0 && isBefore(timer, heap[(at - 1) >> 1]!)) {
      heap[at] = heap[(at - 1) >> 1]!;
      at = (at - 1) >> 1;
    }
    heap[at] = timer;
    return timer.id;
  }

  #fireNext(): boolean {
    for (;;) {
      const timer = this.#take();
      if (!timer) return false;
      if (this.#cleared.delete(timer.id)) continue;
      this.#now = timer.at;
      timer.callback();
      return true;
    }
  }

  #take(): Timer | undefined {
    const heap = this.#timers;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || first === last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (child >= heap.length || !isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id);
}
