// Every distinct text of a table once, as UTF-16 units in one array: a worker hands it over without
// copying, and a text becomes a string again only when somebody asks for it.

export interface PackedTexts {
  readonly units: Uint16Array
  /** Text t is units[starts[t]] up to units[starts[t + 1]]. */
  readonly starts: Int32Array
}

/** Numbers from 0 on, in the order of adding; `packed` gives fresh arrays. */
export class TextPool {
  private readonly numbers = new Map<string, number>()

  /** The text's number. */
  add(text: string): number {
    const known = this.numbers.get(text)
    if (known !== undefined) return known
    this.numbers.set(text, this.numbers.size)
    return this.numbers.size - 1
  }

  packed(): PackedTexts {
    const starts = new Int32Array(this.numbers.size + 1)
    let length = 0
    let number = 0
    for (const text of this.numbers.keys()) starts[++number] = length += text.length
    const units = new Uint16Array(length)
    let place = 0
    for (const text of this.numbers.keys()) {
      for (let index = 0; index < text.length; index++) units[place++] = text.charCodeAt(index)
    }
    return { units, starts }
  }
}

/** Makes each text at most once. */
export function openTexts({ units, starts }: PackedTexts): (number: number) => string {
  const made: (string | undefined)[] = []
  return (number) => {
    made[number] ??= String.fromCharCode(...units.subarray(starts[number], starts[number + 1]))
    return made[number]
  }
}
