import { describe, expect, it, test } from 'vitest'
import { ERRORS, type ErrorCode } from '../../src/base/errors.ts'
import { Fault } from '../../src/base/fault.ts'
import { onceGivenUp, scientistWords } from '../../src/base/scientist-words.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]

/** Settings, AWS services and their identifiers, commands and paths: of no use to who stands in front of a canvas. */
const INNER_NAMES =
  /[A-Z]{2,}_[A-Z_]+|BenchlingSecret|\b(?:arn|kms|s3):|\b(?:S3|SQS|STS|KMS|DynamoDB|Athena|Glue|IAM|quilt3|JSON|GET)\b|docs\/|\.yml/

describe('what a scientist reads of a fault', () => {
  test.each(CODES.filter((code) => !/^(?:usage|webhook)\./.test(code)))('%s names no inner part', (code) => {
    const fault = new Fault(code)
    const { says, advice } = scientistWords(fault)
    expect(`${says} ${advice}`).not.toMatch(INNER_NAMES)
    expect(says).toMatch(/\.$/)
    expect(advice).toMatch(/\.$/)
  })

  test.each(CODES.filter((code) => ['again', 'renew'].includes(ERRORS[code].class)))(
    '%s promises no other try when it has been given up',
    (code) => {
      const advice = onceGivenUp(scientistWords(new Fault(code)).advice)
      expect(advice).not.toMatch(/tried again by itself|made by itself|given up|^Then/)
      expect(advice).toMatch(/^[A-Z].*\.$/)
    },
  )

  it('leaves advice as it is that promises nothing', () => {
    expect(onceGivenUp('Attach less.')).toBe('Attach less.')
    expect(onceGivenUp(ERRORS['export.link_expired'].hint)).toBe('Press Retry.')
    expect(onceGivenUp(ERRORS['archive.truncated'].hint)).toBe(
      'Press Retry. If it stays, report the entry to Benchling.',
    )
  })

  it('has the detail where that is Benchling’s own message, a file or a rule', () => {
    const rejected = new Fault('workflow.rejected', {}, { detail: 'assay is missing.' })
    expect(scientistWords(rejected).says).toContain('assay is missing.')
  })

  it('has no detail of parts that nobody there knows', () => {
    for (const code of ['aws.role_refused', 'store.forbidden', 'queue.refused', 'query.refused'] as const) {
      const fault = new Fault(code, {}, { detail: 'arn:aws:iam::123456789012:role/writer' })
      expect(JSON.stringify(scientistWords(fault))).not.toContain('arn:aws')
    }
  })

  it('tells to call for help where only the operator can, and that nothing is lost', () => {
    expect(scientistWords(new Fault('store.forbidden')).advice).toMatch(/Tell whoever runs.*Nothing is lost/)
    expect(scientistWords(new Fault('benchling.forbidden')).advice).toMatch(/Add the app to the project/)
  })
})
