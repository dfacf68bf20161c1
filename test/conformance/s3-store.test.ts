import { describeObjectStore } from '../registry/object-store-contract.ts'
import { startMoto, startVersitygw } from './emulators.ts'

for (const [name, start] of [
  ['moto', startMoto],
  ['versitygw', startVersitygw],
] as const)
  for (const versioned of [true, false])
    describeObjectStore(`a bucket of ${name} ${versioned ? 'with' : 'without'} versions`, async () => {
      const emulator = await start()
      return { store: await emulator.createBucket('contract', versioned), stop: emulator.close }
    })
