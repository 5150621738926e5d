import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own in memory. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /**
   * @param folder an empty one that is removed with the file system; a new one by default.
   * @throws Error where this process may not mount.
   */
  static mount(
    megabytes: number,
    folder = mkdtempSync(join(tmpdir(), 'facial-verification-disk-')),
  ): SmallDisk {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder], {
        stdio: 'pipe',
      });
    } catch (error) {
      rmSync(folder, { recursive: true });
      throw error;
    }
    return new SmallDisk(folder);
  }

  /** Takes all the space that is left, up to the last block. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.folder);
    writeFileSync(join(this.folder, 'ballast'), Buffer.alloc(bavail * bsize));
  }

  free(): void {
    rmSync(join(this.folder, 'ballast'));
  }

  /** Possible only while no process has a file open for writing. */
  makeReadOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.folder], { stdio: 'pipe' });
  }

  makeWritable(): void {
    execFileSync('mount', ['-o', 'remount,rw', this.folder], { stdio: 'pipe' });
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder], { stdio: 'pipe' });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Why tests on a disk of their own are skipped; null where they run. */
export function smallDiskMissing(): string | null {
  try {
    SmallDisk.mount(1).unmount();
    return null;
  } catch {
    return 'because file systems cannot be mounted here';
  }
}
