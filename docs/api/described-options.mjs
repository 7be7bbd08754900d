// A typedoc plugin: options and error codes stand in tables as data, `z.string().describe('…')` and `kind('…')`, so
// that docs pages and messages can use the same words. Here those words become the reference's too.
import { Comment, Converter, ReflectionKind } from 'typedoc';
import ts from 'typescript';

/** Functions whose first argument, or the first of whose method's, is what a table says of its entry. */
const TELLS = new Set(['describe', 'kind']);

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Property) || reflection.hasComment()) return;
    const declaration = context.getSymbolFromReflection(reflection)?.declarations?.[0];
    const text = declaration && textOf(declaration, context.checker);
    if (text !== undefined) reflection.comment = new Comment([{ kind: 'text', text }]);
  });
}

/** What is said of an entry of a table; when it is another entry, with something added, what is said of that one. */
function textOf(declaration, checker) {
  if (!ts.isPropertyAssignment(declaration)) return undefined;
  for (
    let at = declaration.initializer;
    ts.isCallExpression(at) || ts.isPropertyAccessExpression(at);
    at = at.expression
  ) {
    if (ts.isPropertyAccessExpression(at)) {
      const entry = checker.getSymbolAtLocation(at.name)?.valueDeclaration;
      if (entry !== undefined && entry !== declaration && ts.isPropertyAssignment(entry)) return textOf(entry, checker);
      continue;
    }
    const called = ts.isPropertyAccessExpression(at.expression) ? at.expression.name : at.expression;
    const [first] = at.arguments;
    if (ts.isIdentifier(called) && TELLS.has(called.text) && first && ts.isStringLiteralLike(first)) return first.text;
  }
  return undefined;
}
