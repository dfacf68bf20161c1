import { asFault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import type { LabConfig } from '../config/config.ts'
import type { Job, JobKind } from '../jobs/ports.ts'
import type { Kinds, Lab, LabMaker } from './lab.ts'
import type { LabSource } from './lab-source.ts'

/** The lab as it is configured now. */
export interface Labs {
  /** Throws `config.secret_*` while nothing is known of it, and what making it throws. */
  current(): Promise<Lab>
  /** The newest that was made; throws like `current` when there is none. */
  made(): Lab
  /** Resolves when the first one was made. */
  readonly first: Promise<Lab>
}

/** Makes the lab anew when its configuration changes. A configuration whose parts cannot be made is tried again when asked. */
export const createLabs = (source: LabSource, maker: LabMaker, log: Logger): Labs => {
  let made: Lab | null = null
  let making: { readonly config: LabConfig; readonly lab: Promise<Lab> } | null = null
  const first = Promise.withResolvers<Lab>()

  const current = (): Promise<Lab> => {
    const config = source.known()
    if (made?.config === config) return Promise.resolve(made)
    if (making?.config === config) return making.lab
    const lab = maker.make(config).then(
      (ready) => {
        made = ready
        first.resolve(ready)
        return ready
      },
      (thrown) => {
        making = null
        throw thrown
      },
    )
    making = { config, lab }
    return lab
  }

  source.onChange(() => {
    current().catch((thrown) =>
      log.error(faultFields(asFault(thrown)), 'the parts of the new configuration could not be made'),
    )
  })

  return {
    current: async () => current(),
    made: () => {
      if (made) return made
      source.known()
      throw new Error('the lab is being made')
    },
    first: first.promise,
  }
}

/** A kind of job that is done with the lab as it is when a run begins. */
export const withLab = (labs: Labs, kind: keyof Kinds): Kinds[typeof kind] => {
  // What is said of a run does not depend on the lab, and nothing runs before there is one.
  const told = (): JobKind => labs.made().kinds[kind]
  return {
    get deadlineMs() {
      return told().deadlineMs
    },
    get endless() {
      return told().endless ?? false
    },
    run: async (job: Job) => (await labs.current()).kinds[kind].run(job),
    discard: async (leftover) => (await labs.current()).kinds[kind].discard?.(leftover),
    started: (state, run) => told().started(state, run),
    failed: (state, failure) => told().failed(state, failure),
  }
}
