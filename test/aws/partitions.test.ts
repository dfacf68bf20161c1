import { AthenaClient, ListWorkGroupsCommand } from '@aws-sdk/client-athena'
import { DescribeEndpointsCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { clientConfig } from '../../src/aws/aws-client.ts'
import { createS3Client } from '../../src/aws/s3-client.ts'

const credentials = { accessKeyId: 'AKIATESTTESTTEST', secretAccessKey: 'not-a-secret' }

/** Where a request would go: it is looked at when it is whole, and never sent. */
const hostOf = async (client: object, send: () => Promise<unknown>): Promise<string> => {
  let host = ''
  const stack = (client as S3Client).middlewareStack
  stack.add(
    () => async (args) => {
      host = (args.request as { hostname: string }).hostname
      throw new Error('not sent')
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await expect(send()).rejects.toThrow('not sent')
  return host
}

const hosts = async (region: string) => {
  const config = clientConfig({ region, credentials })
  const s3 = await createS3Client({ region, credentials })
  const sts = new STSClient(config)
  const secrets = new SecretsManagerClient(config)
  const sqs = new SQSClient(config)
  const dynamo = new DynamoDBClient(config)
  const athena = new AthenaClient(config)
  return [
    await hostOf(s3, () => s3.send(new GetObjectCommand({ Bucket: 'lab-data', Key: 'k' }))),
    await hostOf(sts, () =>
      sts.send(new AssumeRoleCommand({ RoleArn: 'r'.repeat(20), RoleSessionName: 's' })),
    ),
    await hostOf(secrets, () => secrets.send(new GetSecretValueCommand({ SecretId: 's' }))),
    await hostOf(sqs, () => sqs.send(new ListQueuesCommand())),
    await hostOf(dynamo, () => dynamo.send(new DescribeEndpointsCommand())),
    await hostOf(athena, () => athena.send(new ListWorkGroupsCommand())),
  ]
}

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
    const found = await hosts(region)
    const wanted = ['lab-data.s3', 'sts', 'secretsmanager', 'sqs', 'dynamodb', 'athena']
    expect(found).toEqual(wanted.map((service) => `${service}.${region}.${suffix}`))
  })
})
