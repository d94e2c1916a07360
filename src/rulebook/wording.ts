// A sentence with {placeholders} becomes a function once, at load. May not know rules or checks.

export type Values = Readonly<Record<string, string | number>>

/** What the engine adds to every check's facts: the first violating item's name, and how many. */
export const engineFacts: readonly string[] = ['item', 'count']

const placeholder = /\{([a-z][a-zA-Z0-9_]*)\}/

/**
 * Placeholders that are neither the check's facts nor the engine's, and stray braces as they stand.
 */
export function wordingMistakes(sentence: string, facts: readonly string[]): string[] {
  const { names, rest } = take(sentence)
  const unknown = names.filter((name) => !facts.includes(name) && !engineFacts.includes(name))
  return /[{}]/.test(rest) ? [...unknown, '{ 或 }'] : unknown
}

/** Numbers are printed plainly: no grouping, no exponent. */
export function makeSentence(sentence: string): (facts: Values) => string {
  const parts = sentence.split(placeholder) // text, name, text, name, …, text
  return (facts) => {
    let said = parts[0]!
    for (let index = 1; index < parts.length; index += 2) {
      said += String(facts[parts[index]!] ?? '') + parts[index + 1]!
    }
    return said
  }
}

function take(sentence: string): { names: string[], rest: string } {
  const parts = sentence.split(placeholder)
  return {
    names: parts.filter((_, index) => index % 2 === 1),
    rest: parts.filter((_, index) => index % 2 === 0).join(''),
  }
}
