import { isLoopback, type Parsed } from './parsers.ts'

const matching =
  (pattern: RegExp, problem: string) =>
  (text: string): Parsed<string> =>
    pattern.test(text) ? { value: text } : { problem }

const ARN = 'arn:aws[a-z-]*'

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html: name of up to 512 characters. */
export const secretId = matching(
  new RegExp(`^(?:${ARN}:secretsmanager:[a-z0-9-]+:\\d{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}$`),
  'must be the name or the ARN of a secret',
)

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
export const tableName = matching(
  /^[A-Za-z0-9_.-]{3,255}$/,
  'must be the name of a DynamoDB table (letters, digits, _, - and .)',
)

export const kmsKey = matching(
  new RegExp(`^(?:${ARN}:kms:[a-z0-9-]+:\\d{12}:)?(?:key/|alias/)?[A-Za-z0-9/_-]{1,256}$`),
  'must be a KMS key: its ARN, id or alias',
)

/** Databases and workgroups: https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroup.html */
export const athenaName = matching(/^[A-Za-z0-9._-]{1,128}$/, 'must consist of letters, digits, ., _ and -')

export const stackArn = matching(
  new RegExp(`^${ARN}:cloudformation:[a-z0-9-]+:\\d{12}:stack/[A-Za-z0-9-]+(?:/[A-Za-z0-9-]+)?$`),
  'must be the ARN of a CloudFormation stack',
)

/** The URL of a queue as SQS gives it; plain HTTP only on this machine. */
export const queueUrl = (text: string): Parsed<string> => {
  const url = URL.canParse(text) ? new URL(text) : null
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  return url &&
    safe &&
    !url.search &&
    !url.hash &&
    !url.username &&
    /^\/\d+\/[A-Za-z0-9_-]{1,75}(\.fifo)?$/.test(url.pathname)
    ? { value: text }
    : { problem: 'must be the URL of a queue, as SQS gives it' }
}
