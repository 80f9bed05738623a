/** The last bytes of a stream, found again by their place in it. */
export class ReplayBuffer {
  readonly #ring: Buffer;
  #end = 0;

  /** `capacity`: bytes, all taken at once. */
  constructor(capacity: number) {
    this.#ring = Buffer.allocUnsafeSlow(capacity);
  }

  /** How many bytes there have been. */
  get end(): number {
    return this.#end;
  }

  /** The place of the first byte that is still here. */
  get start(): number {
    return Math.max(0, this.#end - this.#ring.length);
  }

  append(bytes: Buffer): void {
    const capacity = this.#ring.length;
    const kept = bytes.subarray(-capacity);
    const at = (this.#end + bytes.length - kept.length) % capacity;
    const first = kept.copy(this.#ring, at);
    kept.copy(this.#ring, 0, first);
    this.#end += bytes.length;
  }

  /** A copy of everything from a place on; from the start, where that is no place in what is here. */
  from(place: number): { readonly offset: number; readonly bytes: Buffer } {
    const offset = place >= this.start && place <= this.#end ? place : this.start;
    const length = this.#end - offset;
    const at = offset % this.#ring.length;
    const bytes = Buffer.allocUnsafe(length);
    const first = this.#ring.copy(bytes, 0, at, Math.min(at + length, this.#ring.length));
    this.#ring.copy(bytes, first, 0, length - first);
    return { offset, bytes };
  }
}
