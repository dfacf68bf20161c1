import { createS3Store } from '../../src/aws/s3-store.ts'
import { createLog } from '../../src/base/log.ts'
import { describeObjectStore } from '../registry/object-store-contract.ts'
import { FakeClock } from '../support/clock.ts'
import { startS3Server } from '../support/s3-server.ts'

for (const versioning of ['enabled', 'off'] as const)
  describeObjectStore(`an S3 bucket with versions ${versioning}`, async () => {
    const server = await startS3Server({ buckets: { lab: versioning }, pageSize: 7 })
    const store = await createS3Store({
      bucket: 'lab',
      endpoint: server.url,
      forcePathStyle: true,
      region: 'eu-test-1',
      credentials: server.credentials,
      clock: new FakeClock(),
      log: createLog('silent'),
    })
    return { store, stop: () => server.close() }
  })
