import { SQSClient } from '@aws-sdk/client-sqs'
import { type AwsAddress, clientConfig } from './aws-client.ts'

/** A queue and who uses it. Region and server are the ones its URL names, unless the address says otherwise. */
export type QueueAddress = AwsAddress & { readonly queueUrl: string }

/** `sqs.<region>.…`, `sqs-fips.<region>.…`, `<endpoint>.sqs.<region>.vpce.…`, and the older `<region>.queue.…`. */
const REGION_IN_HOST = /(?:^|\.)sqs(?:-fips)?\.([a-z]{2}[a-z0-9-]+-\d+)\.|^([a-z]{2}[a-z0-9-]+-\d+)\.queue\./

/** The region that the host of a queue's URL names: requests must be signed for it. */
export const regionOfQueue = (queueUrl: string): string | undefined => {
  const match = REGION_IN_HOST.exec(URL.parse(queueUrl)?.hostname ?? '')
  return match?.[1] ?? match?.[2]
}

export const createSqsClient = ({ queueUrl, ...address }: QueueAddress): SQSClient => {
  const region = regionOfQueue(queueUrl) ?? address.region
  const endpoint = address.endpoint ?? URL.parse(queueUrl)?.origin
  return new SQSClient({
    ...clientConfig({
      ...address,
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
    }),
  })
}

/** Queues that keep the order of each group and drop what is sent twice: their names end like this. */
export const isFifo = (queueUrl: string): boolean => queueUrl.endsWith('.fifo')
