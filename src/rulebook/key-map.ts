// A map from 48-bit code keys to whole numbers: open addressing in one typed array, so that it can
// be built in a worker, handed over without copying, and read without allocating.

/** Value, low, high, nothing: four integers a place, so that a look-up touches one cache line. */
export type PackedKeyMap = Int32Array<ArrayBuffer>

const PLACE = 4
const FREE = -1

/** At most half full, so a look-up ends after one or two steps. Values are not negative. */
export class KeyMap {
  private places: PackedKeyMap
  private mask: number
  private size = 0

  constructor(packed: PackedKeyMap = emptyKeyMap(16)) {
    this.places = packed
    this.mask = packed.length / PLACE - 1
  }

  /** The value, or -1. */
  get(low: number, high: number): number {
    const { places, mask } = this
    let place = (low & mask) * PLACE
    while (places[place] !== FREE) {
      if (places[place + 1] === low && places[place + 2] === high) return places[place]!
      place = ((place / PLACE + 1) & mask) * PLACE
    }
    return -1
  }

  /** The value that is there now: `value`, or the one that was there before. */
  add(low: number, high: number, value: number): number {
    const { places, mask } = this
    let place = (low & mask) * PLACE
    while (places[place] !== FREE) {
      if (places[place + 1] === low && places[place + 2] === high) return places[place]!
      place = ((place / PLACE + 1) & mask) * PLACE
    }
    places[place] = value
    places[place + 1] = low
    places[place + 2] = high
    if (++this.size * 2 > mask) this.grow()
    return value
  }

  /** Each value replaced by another: for values that are known only when all keys are. */
  remap(valueOf: (value: number) => number): void {
    const { places } = this
    for (let place = 0; place < places.length; place += PLACE) {
      if (places[place] !== FREE) places[place] = valueOf(places[place]!)
    }
  }

  packed(): PackedKeyMap {
    return this.places
  }

  private grow(): void {
    const { places } = this
    this.places = emptyKeyMap((this.mask + 1) * 2)
    this.mask = this.mask * 2 + 1
    this.size = 0
    for (let place = 0; place < places.length; place += PLACE) {
      if (places[place] === FREE) continue
      this.add(places[place + 1]!, places[place + 2]!, places[place]!)
    }
  }
}

function emptyKeyMap(count: number): PackedKeyMap {
  const places = new Int32Array(count * PLACE)
  for (let place = 0; place < places.length; place += PLACE) places[place] = FREE
  return places
}
