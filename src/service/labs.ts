import { asFault, Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import type { LabConfig } from '../config/config.ts'
import type { Job, JobKind } from '../jobs/ports.ts'
import type { Kinds, Lab, LabMaker } from './lab.ts'
import type { LabSource } from './lab-source.ts'

/** The lab as it is configured now. */
export interface Labs {
  /** Throws `config.secret_*` while nothing is known of it, and what making it throws. */
  current(): Promise<Lab>
  /** The newest that was made; throws `config.secret_*` when there is none. */
  made(): Lab
  /** Resolves when the first one was made. */
  readonly first: Promise<Lab>
  /** Called with every lab that is made, and with the newest at once. */
  onMade(listener: (lab: Lab) => void): void
}

/** Makes the lab anew when its configuration changes. A configuration whose parts cannot be made is tried again when asked. */
export const createLabs = (source: LabSource, maker: Pick<LabMaker, 'make'>, log: Logger): Labs => {
  const listeners: ((lab: Lab) => void)[] = []
  const first = Promise.withResolvers<Lab>()
  let made: Lab | null = null
  let making: { readonly config: LabConfig; readonly lab: Promise<Lab> } | null = null

  const finish = (lab: Lab): Lab => {
    // An older one that took longer must not take the place of what is configured now.
    if (making?.config !== lab.config) return lab
    made = lab
    first.resolve(lab)
    for (const listener of listeners) listener(lab)
    return lab
  }

  const current = async (): Promise<Lab> => {
    const config = source.known()
    if (making?.config !== config) {
      const lab = maker.make(config).then(finish)
      const mine = { config, lab }
      making = mine
      lab.catch(() => {
        if (making === mine) making = null
      })
    }
    return making.lab
  }

  source.onChange(() => {
    current().catch((thrown) =>
      log.error(faultFields(asFault(thrown)), 'the parts of the new configuration could not be made'),
    )
  })

  return {
    current,
    made: () => {
      if (made) return made
      source.known()
      throw new Fault('config.secret_unavailable', { why: 'its parts are being made' })
    },
    first: first.promise,
    onMade: (listener) => {
      listeners.push(listener)
      if (made) listener(made)
    },
  }
}

/** A kind of job that is done with the lab as it is when a run begins. `Required`, so that nothing it says is left out. */
export const withLab = (labs: Labs, kind: keyof Kinds): Required<JobKind> => {
  const of = ({ kinds }: Lab): JobKind => kinds[kind] as JobKind
  // What is said of a run does not depend on the lab, and nothing runs before there is one.
  const told = (): JobKind => of(labs.made())
  return {
    get deadlineMs() {
      return told().deadlineMs
    },
    get leaseMs() {
      return told().leaseMs ?? Number.POSITIVE_INFINITY
    },
    get endless() {
      return told().endless ?? false
    },
    run: async (job: Job) => of(await labs.current()).run(job),
    discard: async (leftover) => of(await labs.current()).discard?.(leftover),
    started: (state, run) => told().started(state, run),
    failed: (state, failure) => told().failed(state, failure),
  }
}
