import { isIPv4 } from 'node:net'

/** S3 bucket names: 3 to 63 characters of a–z, 0–9, `-` and `.` (Amazon S3 user guide, bucket naming rules). */
const BUCKET = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/** True for what S3 accepts as the name of a bucket today. */
export const isBucketName = (text: string): boolean => BUCKET.test(text) && !isIPv4(text)
