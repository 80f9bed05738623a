/** Where a volume is attached: the machine's id, and the last part of its device's name, `xvdf` of `/dev/xvdf`. */
export interface VolumePlace {
  readonly machineId: string;
  readonly device: string;
}

/** Where a machine finds its volumes: `/mnt/ebs/xvdf` for the one attached as `/dev/xvdf`. */
export const volumesPath = "/mnt/ebs";

/**
 * The bytes of volumes and snapshots. A volume is a folder that machines see at `volumesPath`, running or not; its content
 * goes with it from machine to machine. Names of volumes and snapshots are ours.
 */
export interface VolumeDriver {
  /** An empty volume, or one with a snapshot's content, if that has any. Nothing happens to one that is there. */
  create(volumeId: string, snapshotId?: string): Promise<void>;
  /** No error when there is none. */
  remove(volumeId: string): Promise<void>;
  /** Takes it from where it is. No error for one that is there already. */
  attach(volumeId: string, place: VolumePlace): Promise<void>;
  detach(volumeId: string): Promise<void>;
  /** Copies what the volume holds now; attached or not. Nothing for a volume that has no bytes of its own, as a root volume. */
  snapshot(volumeId: string, snapshotId: string): Promise<void>;
  copySnapshot(snapshotId: string, copyId: string): Promise<void>;
  removeSnapshot(snapshotId: string): Promise<void>;
  removeAll(): Promise<void>;
}

/** For runtimes without machines. */
export const noVolumes: VolumeDriver = {
  async create() {},
  async remove() {},
  async attach() {},
  async detach() {},
  async snapshot() {},
  async copySnapshot() {},
  async removeSnapshot() {},
  async removeAll() {},
};
