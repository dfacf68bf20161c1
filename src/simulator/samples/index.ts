import type { EntrySeed } from '../entries/sample.ts'
import { galactosidase } from './galactosidase.ts'
import { plateImaging } from './plate-imaging.ts'
import { titration } from './titration.ts'

let made: Promise<readonly EntrySeed[]> | undefined

/** The sample notebook, oldest first: made by code, the same every time, and once for all tenants of a process. */
export const sampleEntries = (): Promise<readonly EntrySeed[]> => {
  made ??= Promise.all([galactosidase(), plateImaging(), titration()])
  return made
}
