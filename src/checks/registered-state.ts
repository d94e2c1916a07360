// What a registry says on a day, or why that cannot be told. Judges nothing.
import type { RegistryView } from '../history/view.js'

/** The registered words; or, as a text, what is missing. */
export function registeredOn(
  view: RegistryView, subject: 'doctor' | 'benefit', { key, day }: { key: string, day: number },
): readonly string[] | string {
  const state = view.stateOn(subject, key, day)
  if (view.completeFromDay > (state?.fromDay ?? day)) return view.incompleteReason
  return state?.words ?? `registry.${subject}`
}
