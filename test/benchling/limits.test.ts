import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canvasData,
  clippedBlocks,
  sessionMessages,
  sessionName,
  sessionTimeout,
} from '../../src/benchling/clip.ts'
import { openApiValidator } from '../support/openapi.ts'

const message = (content: string) => sessionMessages([{ content }])[0]?.content as string

describe('texts cut to what Benchling takes', () => {
  it('messages have 3 to 200 characters', () => {
    expect(message('A message')).toBe('A message')
    expect(message('ok')).toBe('ok…')
    expect(message('x'.repeat(200))).toBe('x'.repeat(200))
    expect(message('x'.repeat(201))).toBe(`${'x'.repeat(199)}…`)
  })

  it('a reference is never cut in two', () => {
    expect(message(`${'x'.repeat(190)}{id:etr_0uKCQZ8f} and more`)).toBe(`${'x'.repeat(190)}…`)
    expect(message(`${'x'.repeat(180)}{id:etr_0uKCQ} and more`)).toBe(
      `${'x'.repeat(180)}{id:etr_0uKCQ} and …`,
    )
    expect(message(`${'x'.repeat(190)}\\{not a reference`)).toBe(`${'x'.repeat(190)}\\{not a r…`)
  })

  it('references beyond the tenth become plain ids', () => {
    const many = Array.from({ length: 12 }, (_, n) => `{id:e${n}}`).join(' ')
    expect(message(many)).toMatch(/\{id:e9\} e10 e11$/)
  })

  it('the newest ten messages stay, empty ones do not', () => {
    const all = Array.from({ length: 14 }, (_, n) => ({ content: n === 13 ? '  ' : `message ${n}` }))
    expect(sessionMessages(all).map((m) => m.content)).toEqual(
      Array.from({ length: 10 }, (_, n) => `message ${n + 3}`),
    )
  })

  it('names have 3 to 100 characters, time-outs 1 second to 30 days', () => {
    expect([sessionName('Export'), sessionName('a'), [...sessionName('🧬'.repeat(200))].length]).toEqual([
      'Export',
      'a……',
      100,
    ])
    expect([0, 1.5, 9e9].map(sessionTimeout)).toEqual([1, 2, 2_592_000])
  })

  it('labels have at most 50 characters, inside sections too', () => {
    const input = { type: 'TEXT_INPUT', id: 'a', label: '🧬'.repeat(60), value: null }
    const [section] = clippedBlocks([{ type: 'SECTION', id: 's', children: [input] }])
    const [child] = (section as unknown as { children: { label: string }[] }).children
    expect([...child!.label]).toHaveLength(50)
    expect(clippedBlocks([{ type: 'MARKDOWN', value: 'kept' }])).toEqual([
      { type: 'MARKDOWN', value: 'kept' },
    ])
  })

  it('canvas data is JSON below 5 kB or refused before it is sent', () => {
    const sized = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
    expect(canvasData(sized(4999))).toHaveLength(4999)
    expect(canvasData(null)).toBeNull()
    expect(() => canvasData(sized(5000))).toThrow(/benchling\.rejected/)
    expect(() => canvasData(JSON.stringify('ü'.repeat(2600)))).toThrow(/benchling\.rejected/)
    expect(() => canvasData('{')).toThrow(/benchling\.rejected/)
  })

  it.runIf(openApiValidator())('whatever is said, the session is one that Benchling takes', () => {
    const texts = fc.array(fc.record({ content: fc.string({ unit: 'grapheme', maxLength: 300 }) }), {
      maxLength: 14,
    })
    fc.assert(
      fc.property(
        texts,
        fc.string({ unit: 'grapheme' }),
        fc.double({ noNaN: true }),
        (messages, name, seconds) => {
          const body = {
            appId: 'app_1',
            name: sessionName(name),
            timeoutSeconds: sessionTimeout(seconds),
            messages: sessionMessages(messages),
          }
          expect(openApiValidator()!.checkRequest('POST', '/app-sessions', {}, body)).toEqual([])
        },
      ),
      { numRuns: 100 },
    )
  })
})
