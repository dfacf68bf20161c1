import { AthenaClient, ListWorkGroupsCommand } from '@aws-sdk/client-athena'
import { DescribeEndpointsCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
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
  await send().catch(() => {})
  return host
}

/** Hosts that requests to each service go to in a region, by the SDK’s package; a bucket is called `lab-data`. */
export const awsHosts = async (region: string): Promise<Readonly<Record<string, string>>> => {
  const config = clientConfig({ region, credentials })
  const s3 = await createS3Client({ region, credentials })
  const sts = new STSClient(config)
  const secrets = new SecretsManagerClient(config)
  const sqs = new SQSClient(config)
  const dynamo = new DynamoDBClient(config)
  const athena = new AthenaClient(config)
  return {
    'client-s3': await hostOf(s3, () => s3.send(new GetObjectCommand({ Bucket: 'lab-data', Key: 'k' }))),
    'client-sts': await hostOf(sts, () =>
      sts.send(new AssumeRoleCommand({ RoleArn: 'r'.repeat(20), RoleSessionName: 's' })),
    ),
    'client-secrets-manager': await hostOf(secrets, () =>
      secrets.send(new GetSecretValueCommand({ SecretId: 's' })),
    ),
    'client-sqs': await hostOf(sqs, () => sqs.send(new ListQueuesCommand())),
    'client-dynamodb': await hostOf(dynamo, () => dynamo.send(new DescribeEndpointsCommand())),
    'client-athena': await hostOf(athena, () => athena.send(new ListWorkGroupsCommand())),
  }
}
