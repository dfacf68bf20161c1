import { describe, expect, it } from 'vitest'
import { awsHosts } from '../support/aws-hosts.ts'

describe('endpoints follow from the region', () => {
  it.each([
    ['eu-west-1', 'amazonaws.com'],
    ['us-east-1', 'amazonaws.com'],
    ['us-gov-west-1', 'amazonaws.com'],
    ['cn-north-1', 'amazonaws.com.cn'],
    ['us-iso-east-1', 'c2s.ic.gov'],
    ['us-isob-east-1', 'sc2s.sgov.gov'],
    ['eu-isoe-west-1', 'cloud.adc-e.uk'],
    ['eusc-de-east-1', 'amazonaws.eu'],
  ])('%s lies under %s', async (region, suffix) => {
    expect(await awsHosts(region)).toEqual({
      'client-s3': `lab-data.s3.${region}.${suffix}`,
      'client-sts': `sts.${region}.${suffix}`,
      'client-secrets-manager': `secretsmanager.${region}.${suffix}`,
      'client-sqs': `sqs.${region}.${suffix}`,
      'client-dynamodb': `dynamodb.${region}.${suffix}`,
      'client-athena': `athena.${region}.${suffix}`,
    })
  })
})
