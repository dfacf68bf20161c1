import type { AwsAddress } from '../aws/aws-client.ts'
import type { RoleManager } from '../aws/role-manager.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Config } from '../config/config.ts'

/** Where AWS services are asked, with the credentials of the process itself. */
export const awsAddress = ({ aws, egress }: Config): AwsAddress => ({
  egress,
  ...(aws.region === null ? {} : { region: aws.region }),
})

/** The same with the credentials of the one role, where there is one: for the registry and Athena, and for nothing else. */
export const roleAddress = (config: Config, { credentials }: RoleManager): AwsAddress => ({
  ...awsAddress(config),
  ...(credentials === undefined ? {} : { credentials }),
})

/** Without a role there is nothing to assume and nothing to check. */
const NO_ROLE: RoleManager = {
  roleArn: null,
  credentials: undefined,
  check: async () => {},
  status: () => ({ configured: false, valid: true }),
  close: () => {},
}

/** The one role of this service. The SDK is loaded only where there is one. */
export const openRole = async (config: Config, clock: Clock, log: Logger): Promise<RoleManager> => {
  const { roleArn } = config.aws
  if (roleArn === null) return NO_ROLE
  const { createRoleManager } = await import('../aws/role-manager.ts')
  return createRoleManager({ ...awsAddress(config), roleArn, clock, log })
}
