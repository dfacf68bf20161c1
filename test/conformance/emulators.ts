import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3'
import type { S3Address } from '../../src/aws/s3-client.ts'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'
import { scratch, start, stop, tool } from './tools.ts'

export const REGION = 'us-east-1'
export const CREDENTIALS = { accessKeyId: 'AKIACONFORMANCE0', secretAccessKey: 'not-a-secret' }
const READY_WITHIN_MS = 60_000

/** An S3 of somebody else, on loopback. */
export type Emulator = {
  readonly name: string
  readonly url: string
  /** For clients of our own. */
  readonly address: S3Address
  /** For quilt3 and everything else that speaks boto. */
  readonly env: Record<string, string>
  /** Whether it answers the composite checksum of a multipart upload, as S3 does. */
  readonly composite: boolean
  createBucket(name: string, versioned: boolean): Promise<ObjectStore>
  close(): Promise<void>
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const answering = async (url: string, child: ChildProcess): Promise<void> => {
  const end = Date.now() + READY_WITHIN_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the emulator ended with ${child.exitCode}`)
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
    await answer?.body?.cancel()
    if (answer) return
    if (Date.now() > end) throw new Error('the emulator does not answer')
    await wait(100)
  }
}

const emulator = async (
  name: string,
  composite: boolean,
  url: string,
  child: ChildProcess,
  clean: () => Promise<void>,
): Promise<Emulator> => {
  const complaints: Buffer[] = []
  child.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk))
  child.stdout?.resume()
  const close = async () => {
    await stop(child)
    await clean()
  }
  try {
    await answering(url, child)
  } catch (thrown) {
    await close()
    throw new Error(`${name}: ${String(thrown)}\n${Buffer.concat(complaints)}`)
  }
  const address = { endpoint: url, forcePathStyle: true, region: REGION, credentials: CREDENTIALS }
  return {
    name,
    url,
    composite,
    address,
    env: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
    createBucket: async (bucket, versioned) => {
      const client = new S3Client(address)
      await client.send(new CreateBucketCommand({ Bucket: bucket }))
      if (versioned)
        await client.send(
          new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
        )
      client.destroy()
      return createS3Store({ ...address, bucket, clock: systemClock, log: createLog('silent') })
    },
    close,
  }
}

/** moto's S3: versions, conditional writes and checksums of single objects; no signatures, no composite checksums. */
export const startMoto = async (): Promise<Emulator> => {
  const port = await freePort()
  const home = await scratch()
  const args = ['-I', join(import.meta.dirname, 'moto_server.py'), '-H', '127.0.0.1', '-p', String(port)]
  const child = start(tool('python'), args, { HOME: home.path, PYTHONDONTWRITEBYTECODE: '1' })
  return emulator('moto', false, `http://127.0.0.1:${port}`, child, home.remove)
}

/** versitygw over a folder: signatures, versions, conditional writes and composite checksums. */
export const startVersitygw = async (): Promise<Emulator> => {
  const port = await freePort()
  const home = await scratch()
  const folder = (name: string) => join(home.path, name)
  for (const name of ['data', 'versions', 'metadata']) await mkdir(folder(name))
  const args = ['--port', `127.0.0.1:${port}`, '--region', REGION, '--quiet']
  const keys = ['--access', CREDENTIALS.accessKeyId, '--secret', CREDENTIALS.secretAccessKey]
  const posix = [
    'posix',
    '--versioning-dir',
    folder('versions'),
    '--sidecar',
    folder('metadata'),
    folder('data'),
  ]
  const child = start(tool('versitygw'), [...args, ...keys, ...posix], { HOME: home.path })
  return emulator('versitygw', true, `http://127.0.0.1:${port}`, child, home.remove)
}
