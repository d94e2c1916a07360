// Many fields of one node, read in one pass over what it holds: a line has ten of the eighty names that its
// fields go by. Gives what asking valueOf for each field gives.
import { isNothing } from './node.js'
import type { Names, Node } from './node.js'

/** A field that goes by a name, and how many names come before it. */
interface Place {
  readonly field: number
  readonly rank: number
}

const unranked = 255

/** Made once for a set of fields; `read` may be asked for any number of nodes. */
export class FieldReader<Field extends string> {
  /** Where each field's value stands in what `read` returns. */
  readonly at: Readonly<Record<Field, number>>
  readonly #places = new Map<string, Place[]>()
  readonly #ranks: Uint8Array

  constructor(fields: Readonly<Record<Field, Names>>) {
    const listed = Object.keys(fields) as Field[]
    this.at = Object.fromEntries(listed.map((field, place) => [field, place])) as Record<Field, number>
    this.#ranks = new Uint8Array(listed.length)
    for (const [field, name] of listed.entries()) {
      for (const [rank, known] of fields[name].entries()) {
        const places = this.#places.get(known)
        if (places === undefined) this.#places.set(known, [{ field, rank }])
        else places.push({ field, rank })
      }
    }
  }

  /** Of each field what stands under the first of its names that holds something; else undefined. */
  read(node: Node): readonly unknown[] {
    const ranks = this.#ranks.fill(unranked)
    const found = new Array<unknown>(ranks.length).fill(undefined)
    for (const name in node) {
      const places = this.#places.get(name)
      if (places === undefined || isNothing(node[name])) continue
      for (const { field, rank } of places) {
        if (rank >= ranks[field]!) continue
        ranks[field] = rank
        found[field] = node[name]
      }
    }
    return found
  }
}
