import { createRoleManager, type RoleManager, type RoleManagerOptions } from '../../src/aws/role-manager.ts'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { createLog } from '../../src/base/log.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'
import { FakeClock } from '../support/clock.ts'
import { type Listening, listening, type Sts, type StsOptions, sts } from '../support/sts-server.ts'

export const ROLE = 'arn:aws:iam::111122223333:role/lab/quilt-writer'
/** What the task itself has; S3 of these tests does not know it. */
export const TASK = { accessKeyId: 'AKIATASKTASKTASK', secretAccessKey: 'task-secret' }

/** Short waits pass at once, so that tries follow one another; minutes pass when a test says so. */
export class BriskClock extends FakeClock {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return ms < 5_000 ? Promise.resolve() : super.sleep(ms, signal)
  }
}

export type RoleLab = AsyncDisposable & {
  readonly sts: Sts
  readonly clock: BriskClock
  readonly role: RoleManager
  readonly lines: string[]
  /** Where this STS listens. */
  readonly endpoint: string
  /** A store that uses the role. */
  store(endpoint: string): Promise<ObjectStore>
}

export const openRoleLab = async (
  keys: StsOptions['keys'],
  more: Partial<RoleManagerOptions> & { readonly lifetimeMs?: number; readonly now?: number } = {},
): Promise<RoleLab> => {
  const clock = new BriskClock(more.now)
  const service = sts({ roleArn: ROLE, clock, keys, ...(more.lifetimeMs && { lifetimeMs: more.lifetimeMs }) })
  const server: Listening = await listening(service.listener)
  const lines: string[] = []
  const log = createLog('debug', { write: (line: string) => void lines.push(line) })
  const address = { region: 'eu-test-1', endpoint: server.url, credentials: TASK }
  const role = createRoleManager({ ...address, roleArn: ROLE, clock, log, host: 'ip-10-0-0-7', ...more })
  return {
    sts: service,
    clock,
    role,
    lines,
    endpoint: server.url,
    store: (endpoint) =>
      createS3Store({
        bucket: 'lab',
        endpoint,
        forcePathStyle: true,
        region: 'eu-test-1',
        ...(role.credentials && { credentials: role.credentials }),
        clock,
        log,
      }),
    [Symbol.asyncDispose]: async () => {
      role.close()
      await server[Symbol.asyncDispose]()
    },
  }
}
