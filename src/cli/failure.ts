/** What ends a command with exit code 1 and this sentence, without a stack: the person can do something about it. */
export class Failure extends Error {
  override readonly name = "Failure";
}
