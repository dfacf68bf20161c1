import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

export const ROOT = join(import.meta.dirname, '../..')

/** A named number of the product: `SHARES.files.bytes` for one inside an object. */
export type Constant = { readonly path: string; readonly name: string; readonly value: number }

type Scope = {
  readonly path: string
  readonly initializers: ReadonlyMap<string, ts.Expression>
  readonly imports: ReadonlyMap<string, string>
}

const scopes = new Map<string, Scope>()

/** The top-level constants of a file by their names, and where its imported names come from. */
const scopeOf = (path: string): Scope => {
  const known = scopes.get(path)
  if (known) return known
  const source = ts.createSourceFile(
    path,
    readFileSync(join(ROOT, path), 'utf8'),
    ts.ScriptTarget.Latest,
    false,
  )
  const initializers = new Map<string, ts.Expression>()
  const imports = new Map<string, string>()
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      const from = statement.moduleSpecifier.text
      const names = statement.importClause?.namedBindings
      if (!from.startsWith('.') || !names || !ts.isNamedImports(names)) continue
      for (const { name } of names.elements) imports.set(name.text, join(path, '..', from))
    }
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations)
      if (ts.isIdentifier(name) && initializer) initializers.set(name.text, initializer)
  }
  const scope = { path, initializers, imports }
  scopes.set(path, scope)
  return scope
}

const OPERATORS: Partial<Record<ts.SyntaxKind, (a: number, b: number) => number>> = {
  [ts.SyntaxKind.PlusToken]: (a, b) => a + b,
  [ts.SyntaxKind.MinusToken]: (a, b) => a - b,
  [ts.SyntaxKind.AsteriskToken]: (a, b) => a * b,
  [ts.SyntaxKind.SlashToken]: (a, b) => a / b,
  [ts.SyntaxKind.AsteriskAsteriskToken]: (a, b) => a ** b,
  [ts.SyntaxKind.LessThanLessThanToken]: (a, b) => a << b,
}

/** The number an expression of literals and other constants stands for; NaN for anything else. */
const evaluate = (expression: ts.Expression, scope: Scope): number => {
  if (ts.isNumericLiteral(expression)) return Number(expression.text)
  if (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression))
    return evaluate(expression.expression, scope)
  if (ts.isPrefixUnaryExpression(expression) && expression.operator === ts.SyntaxKind.MinusToken)
    return -evaluate(expression.operand, scope)
  if (ts.isBinaryExpression(expression)) {
    const operator = OPERATORS[expression.operatorToken.kind]
    return operator
      ? operator(evaluate(expression.left, scope), evaluate(expression.right, scope))
      : Number.NaN
  }
  if (!ts.isIdentifier(expression)) return Number.NaN
  const own = scope.initializers.get(expression.text)
  if (own) return evaluate(own, scope)
  const elsewhere = scope.imports.get(expression.text)
  if (elsewhere === undefined) return Number.NaN
  const other = scopeOf(elsewhere)
  const there = other.initializers.get(expression.text)
  return there ? evaluate(there, other) : Number.NaN
}

const numbersIn = (name: string, expression: ts.Expression, scope: Scope): Constant[] => {
  if (ts.isAsExpression(expression)) return numbersIn(name, expression.expression, scope)
  if (ts.isObjectLiteralExpression(expression))
    return expression.properties.flatMap((property) =>
      ts.isPropertyAssignment(property) && ts.isIdentifier(property.name)
        ? numbersIn(`${name}.${property.name.text}`, property.initializer, scope)
        : [],
    )
  const value = evaluate(expression, scope)
  return Number.isNaN(value) ? [] : [{ path: scope.path, name, value }]
}

/** Every number that has a name in capitals in the service: not in the simulator, nor in what only the demonstration shows. */
export const constants = (): Constant[] =>
  globSync('src/**/*.ts', { cwd: ROOT })
    .filter((path) => !/^src\/(simulator|operator\/(commands\/demo|output))\b/.test(path))
    .sort()
    .flatMap((path) => {
      const scope = scopeOf(path)
      return [...scope.initializers]
        .filter(([name]) => /^[A-Z][A-Z0-9_]*$/.test(name))
        .flatMap(([name, initializer]) => numbersIn(name, initializer, scope))
    })
