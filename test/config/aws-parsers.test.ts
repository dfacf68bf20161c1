import { describe, expect, test } from 'vitest'
import { metricsNamespace, region, roleArn } from '../../src/config/parsers.ts'

describe('the ARN of a role', () => {
  test.each([
    'arn:aws:iam::123456789012:role/quilt-writer',
    'arn:aws-cn:iam::123456789012:role/quilt-writer',
    'arn:aws-us-gov:iam::123456789012:role/lab/data/quilt-writer',
    'arn:aws-iso:iam::123456789012:role/T4BucketWriteRole-1ABC',
    'arn:aws-iso-b:iam::123456789012:role/a+b=c,d.e@f_g-h',
    `arn:aws:iam::123456789012:role/${'p'.repeat(510)}/${'n'.repeat(64)}`,
  ])('may be %s', (arn) => {
    expect(roleArn(` ${arn}\n`)).toEqual({ value: arn })
  })

  test.each([
    'quilt-writer',
    'arn:aws:iam::123456789012:user/someone',
    'arn:aws:sts::123456789012:assumed-role/quilt-writer/session',
    'arn:aws:iam::12345678901:role/quilt-writer',
    'arn:aws:iam:us-east-1:123456789012:role/quilt-writer',
    'arn:aws:iam::123456789012:role/',
    'arn:aws:iam::123456789012:role//x y',
    'arn:AWS:iam::123456789012:role/quilt-writer',
    'arn:azure:iam::123456789012:role/quilt-writer',
    `arn:aws:iam::123456789012:role/${'n'.repeat(65)}`,
    'arn:aws:iam::123456789012:role/a\narn:aws:iam::123456789012:role/b',
  ])('is not %j, which is told without repeating it', (text) => {
    const problem = 'must be the ARN of a role, like arn:aws:iam::123456789012:role/quilt-writer'
    expect(roleArn(text)).toEqual({ problem })
  })
})

describe('a namespace of metrics', () => {
  test.each(['BenchlingWebhook', 'Lab/one', 'a.b-c_d#e:f', 'x'.repeat(255)])('may be %s', (name) => {
    expect(metricsNamespace(name)).toEqual({ value: name })
  })

  test.each(['AWS/Lambda', ':lab', 'lab one', 'lab"', 'labör', 'x'.repeat(256)])('may not be %s', (name) => {
    expect(metricsNamespace(name)).toHaveProperty('problem')
  })
})

describe('a region', () => {
  test.each([
    'us-east-1',
    'ap-southeast-7',
    'cn-northwest-1',
    'us-gov-west-1',
    'us-iso-east-1',
    'us-isob-east-1',
    'eu-isoe-west-1',
    'us-isof-south-1',
    'eusc-de-east-1',
  ])('may be %s, whatever the partition', (name) => {
    expect(region(name)).toEqual({ value: name })
  })

  test.each(['us-east', 'US-EAST-1', 'us-east-1a', 'us-east-1.amazonaws.com', ''])('is not %j', (name) => {
    expect(region(name)).toHaveProperty('problem')
  })
})
