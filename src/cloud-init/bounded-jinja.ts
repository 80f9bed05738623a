import * as jinja from "@huggingface/jinja";

// The package's own types have imports without extensions, which resolve to nothing here: what is used of them, once more.
interface RuntimeValue {
  readonly value: unknown;
}
interface Environment {
  set(name: string, value: unknown): unknown;
}
interface Interpreter {
  evaluate(statement: unknown, environment: Environment): RuntimeValue;
  run(program: unknown): RuntimeValue;
}
const BaseInterpreter: new (environment: Environment) => Interpreter = jinja.Interpreter;
const BaseEnvironment: new () => Environment = jinja.Environment;
const tokenize: (text: string, options: { readonly trim_blocks: boolean }) => unknown = jinja.tokenize;
const parse: (tokens: unknown) => unknown = jinja.parse;

const maxSteps = 20_000;
/** Characters of a text, entries of a list. */
const maxLength = 1024 * 1024;

/** A template comes from whoever may launch an instance, and is to hold LocalAWS up no longer than a moment. */
class BoundedInterpreter extends BaseInterpreter {
  #steps = 0;

  override evaluate(statement: unknown, environment: Environment): RuntimeValue {
    this.#steps += 1;
    if (this.#steps > maxSteps) throw new Error("The template does more than LocalAWS lets it do.");
    const result = super.evaluate(statement, environment);
    const { value } = result;
    if ((typeof value === "string" || Array.isArray(value)) && value.length > maxLength) {
      throw new Error("The template makes more than LocalAWS lets it make.");
    }
    return result;
  }
}

/** @throws Error for what is no template, and for one that does not end soon */
export function renderTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  const environment = new BaseEnvironment();
  const globals = { true: true, false: false, none: null, True: true, False: false, None: null, range, ...values };
  for (const [name, value] of Object.entries(globals)) environment.set(name, value);
  const program = parse(tokenize(template, { trim_blocks: true }));
  return String(new BoundedInterpreter(environment).run(program).value);
}

function range(...words: readonly number[]): number[] {
  const [start = 0, stop = 0, step = 1] = words.length === 1 ? [0, words[0]] : words;
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= 1000)) throw new Error("The range is too long.");
  return Array.from({ length }, (_, index) => start + index * step);
}
