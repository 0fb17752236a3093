/** Which faults struck how often: a fault that never strikes tests nothing. */
export class Strikes {
  readonly counts = new Map<string, number>();

  add(fault: string): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
  }
}
