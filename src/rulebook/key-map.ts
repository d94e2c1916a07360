// A map from 48-bit code keys to whole numbers: open addressing in three typed arrays, so that it can be
// built in a worker, handed over without copying, and read without allocating.

export interface PackedKeyMap {
  readonly lows: Int32Array
  readonly highs: Uint16Array
  /** -1: free */
  readonly values: Int32Array
}

/** At most half full, so a look-up ends after one or two steps. */
export class KeyMap {
  private lows: Int32Array
  private highs: Uint16Array
  private values: Int32Array
  private mask: number
  private size = 0

  constructor(packed: PackedKeyMap = emptyKeyMap(16)) {
    this.lows = packed.lows
    this.highs = packed.highs
    this.values = packed.values
    this.mask = packed.values.length - 1
  }

  get(low: number, high: number): number {
    const { lows, highs, values, mask } = this
    let place = low & mask
    while (values[place] !== -1) {
      if (lows[place] === low && highs[place] === high) return values[place]!
      place = (place + 1) & mask
    }
    return -1
  }

  /** The value that is there now: `value`, or the one that was there before. */
  add(low: number, high: number, value: number): number {
    const { lows, highs, values, mask } = this
    let place = low & mask
    while (values[place] !== -1) {
      if (lows[place] === low && highs[place] === high) return values[place]!
      place = (place + 1) & mask
    }
    lows[place] = low
    highs[place] = high
    values[place] = value
    if (++this.size * 2 > values.length) this.grow()
    return value
  }

  packed(): PackedKeyMap {
    return { lows: this.lows, highs: this.highs, values: this.values }
  }

  private grow(): void {
    const { lows, highs, values } = this
    const wider = emptyKeyMap(values.length * 2)
    this.lows = wider.lows
    this.highs = wider.highs
    this.values = wider.values
    this.mask = wider.values.length - 1
    this.size = 0
    for (let place = 0; place < values.length; place++) {
      if (values[place] !== -1) this.add(lows[place]!, highs[place]!, values[place]!)
    }
  }
}

function emptyKeyMap(places: number): PackedKeyMap {
  return {
    lows: new Int32Array(places),
    highs: new Uint16Array(places),
    values: new Int32Array(places).fill(-1),
  }
}
