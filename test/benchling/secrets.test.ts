import { expect, it } from 'vitest'
import { sanitised } from '../../src/benchling/detail.ts'
import { withoutSecrets } from '../../src/benchling/scrub.ts'
import { Secrets } from '../../src/benchling/secrets.ts'
import { apiError, client, signal, tenant } from './tenant.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

it('what was sent as authorization is known in the forms it travels in, the newest of it', () => {
  const secrets = new Secrets()
  secrets.sent(undefined)
  secrets.sent('Digest something-else')
  secrets.sent(basic('id:a:secret/with"marks'))
  secrets.sent('Bearer token-0')
  expect([...secrets.all]).toEqual([expect.any(String), 'a:secret/with"marks', 'token-0'])
  for (let n = 1; n < 40; n++) secrets.sent(`Bearer token-${n}`)
  expect([...secrets.all]).toHaveLength(16)
  expect([...secrets.all].at(-1)).toBe('token-39')
})

it('secrets go as they are, in JSON and in addresses; what is too short to be one stays', () => {
  const secret = 'a"b/c+d=e&f'
  for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    expect(withoutSecrets(`<${form}> <${form}>`, [secret])).toBe('<…> <…>')
  expect(withoutSecrets('a quiet sea', ['a', 'sea', ''])).toBe('a quiet sea')
})

it.each([
  ['next=https%3A%2F%2Fb.s3%2Fx%3FX-Amz-Signature%3D5ec3e7 failed', '… failed'],
  ['https%253A%252F%252Fb%252Fx%253FX%252DAmz%252DSecurity-Token%253D5ec3e7', '…'],
  ['X-Amz-Credential=5ec3e7/2026, design=5, 100%', '… design=5, 100%'],
])('words that hold a signature are not shown: %s', (words, shown) => {
  expect(sanitised(words)).toBe(shown)
})

it('an answer that echoes the token or the client secret is told without them', async () => {
  await using server = await tenant(({ headers }) => {
    const words = `${headers.authorization?.slice('Bearer '.length)} and top-secret are not known`
    return { status: 400, json: apiError('invalid', words) }
  })
  await expect(client(server.base).entry('etr_1', signal)).rejects.toMatchObject({
    code: 'benchling.rejected',
    detail: '… and … are not known',
  })
})
