/** An answer DynamoDB gives as JSON 1.0 error. `name` is what SDKs make their error of. */
export class DynamoError extends Error {
  readonly status: number
  readonly more: object

  constructor(name: string, message: string = name, more: object = {}, status = 400) {
    super(message)
    this.name = name
    this.status = status
    this.more = more
  }

  get body(): string {
    const space =
      this.name === 'AccessDeniedException' ? 'com.amazon.coral.service' : 'com.amazonaws.dynamodb.v20120810'
    return JSON.stringify({ __type: `${space}#${this.name}`, message: this.message, ...this.more })
  }
}

export const invalid = (message: string): DynamoError => new DynamoError('ValidationException', message)

/** Refuses a request with a part that this server does not know, so that nothing passes by luck. */
export const only = (what: string, input: object, ...known: readonly string[]): void => {
  const unknown = Object.keys(input).filter((name) => !known.includes(name))
  if (unknown.length > 0) throw invalid(`${what}: this server does not know ${unknown.join(', ')}`)
}
