import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const ROOT = join(import.meta.dirname, '../..')
const CLIENT = /^@aws-sdk\/client-([a-z0-9-]+)$/

/** What a file does with AWS: `s3 GetObject` for each call, and what it takes from the SDK that is neither. */
export type AwsUse = { readonly calls: readonly string[]; readonly others: readonly string[] }

/** Reads a source text by its syntax tree: names that are imported under another name are followed. */
export const awsUseOf = (path: string, text: string): AwsUse => {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const commands = new Map<string, string>()
  const others: string[] = []
  const importing = (declaration: ts.ImportDeclaration) => {
    const from = (declaration.moduleSpecifier as ts.StringLiteral).text
    const clause = declaration.importClause
    if (!/^@(aws-sdk|smithy)\//.test(from) || clause?.isTypeOnly) return
    const client = CLIENT.exec(from)?.[1]
    const bindings = clause?.namedBindings
    if (client === undefined || clause?.name || !bindings || !ts.isNamedImports(bindings)) {
      others.push(from)
      return
    }
    for (const { isTypeOnly, name, propertyName } of bindings.elements) {
      const imported = (propertyName ?? name).text
      if (isTypeOnly || /^[A-Z][A-Za-z0-9]*(Client|Exception)$/.test(imported)) continue
      const [, call] = /^([A-Z][A-Za-z0-9]*)Command$/.exec(imported) ?? []
      if (call === undefined) others.push(`${imported} of ${from}`)
      else commands.set(name.text, `${client} ${call}`)
    }
  }
  const calls: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) importing(node)
    else if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
      const call = commands.get(node.expression.text)
      if (call !== undefined) calls.push(call)
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      /aws-sdk|smithy/.test(node.arguments[0]?.getText() ?? '')
    )
      others.push(`import(${node.arguments[0]?.getText()})`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  // Imported and not called: passed on to something that could call it unseen.
  for (const [name, call] of commands) if (!calls.includes(call)) others.push(`${name}, which is not called`)
  return { calls, others }
}

/** The whole service. */
export const awsUse = (): AwsUse => {
  const uses = globSync('src/**/*.ts', { cwd: ROOT })
    .filter((path) => !path.startsWith('src/simulator/'))
    .map((path) => awsUseOf(path, readFileSync(join(ROOT, path), 'utf8')))
  return {
    calls: [...new Set(uses.flatMap(({ calls }) => calls))].sort(),
    others: uses.flatMap(({ others }) => others),
  }
}
