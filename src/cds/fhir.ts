// Reading FHIR R4 resources that nobody has checked: plain values of what is there, nothing of what is
// not. Knows no meaning of ours and never throws.

export type Node = Readonly<Record<string, unknown>>

export interface Coding {
  readonly system: string
  readonly code: string
  readonly display: string
}

/** A partial date is no day that anything could be judged by. */
const dayPattern = /^\d{4}-\d{2}-\d{2}/

/** An object of JSON: neither a list nor null. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What stands at a path of names; a list on the way stands for its first entry. */
export function valueAt(node: unknown, ...path: readonly string[]): unknown {
  let at: unknown = node
  for (const name of path) {
    if (Array.isArray(at)) at = at[0]
    if (!isNode(at) || !Object.hasOwn(at, name)) return undefined
    at = at[name]
  }
  return at
}

/** '' where there is no text. */
export function textAt(node: unknown, ...path: readonly string[]): string {
  const value = valueAt(node, ...path)
  return typeof value === 'string' ? value.trim() : ''
}

/** Undefined where there is no number; a number written as text is none. */
export function numberAt(node: unknown, ...path: readonly string[]): number | undefined {
  const value = valueAt(node, ...path)
  return typeof value === 'number' ? value : undefined
}

/** The objects of a list, or the one object itself; none where there is neither. */
export function nodesAt(node: unknown, ...path: readonly string[]): readonly Node[] {
  const value = valueAt(node, ...path)
  return Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []
}

/** A date or a moment with at least its day; '' else. */
export function dayAt(node: unknown, ...path: readonly string[]): string {
  const text = textAt(node, ...path)
  return dayPattern.test(text) ? text : ''
}

/** Resources of some types in a Bundle, or the one resource itself. */
export function resourcesOf(value: unknown, types: readonly string[]): readonly Node[] {
  const all = textAt(value, 'resourceType') === 'Bundle'
    ? nodesAt(value, 'entry').map(({ resource }) => resource).filter(isNode)
    : isNode(value) ? [value] : []
  return all.filter((resource) => types.includes(textAt(resource, 'resourceType')))
}

/** The codings of a CodeableConcept, in its order; '' for what one does not say. */
export function codingsOf(concept: unknown): readonly Coding[] {
  return nodesAt(concept, 'coding').map((coding) => ({
    system: textAt(coding, 'system'), code: textAt(coding, 'code'), display: textAt(coding, 'display'),
  }))
}

/** The code that one of these systems gives; '' for none. */
export function codeIn(concept: unknown, systems: readonly string[]): string {
  return codingsOf(concept).find(({ system }) => systems.includes(system))?.code ?? ''
}

/** The words of a concept: its own text, or those of its first coding that has some. */
export function wordsOf(concept: unknown): string {
  const text = textAt(concept, 'text')
  return text === '' ? codingsOf(concept).find(({ display }) => display !== '')?.display ?? '' : text
}

/** Whom a reference names: by identifier, else by the last part of its address. */
export function referredTo(reference: unknown): string {
  const identifier = textAt(reference, 'identifier', 'value')
  return identifier === '' ? textAt(reference, 'reference').split('/').at(-1)! : identifier
}

/** Values of all extensions with this address, whatever their type. */
export function extensionsOf(node: Node, url: string): readonly (string | number | boolean)[] {
  return nodesAt(node, 'extension').filter((one) => one['url'] === url).flatMap((one) => {
    const name = Object.keys(one).find((key) => key.startsWith('value'))
    const value = name === undefined ? undefined : one[name]
    const plain = isNode(value) ? value['value'] ?? value['code'] : value // a Money, a Quantity; a Coding
    return typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean' ? [plain] : []
  })
}
