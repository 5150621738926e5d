import type {
  FaceAnalysis,
  FaceComparison,
  FaceInspection,
  IdentifiedUser,
} from '../users/face-inspection.js';
import type { RequestOptions } from '../users/user-service.js';
import type { AuditWriter } from './audit-writer.js';

/** Notes in the audit log who asked whom a face shows; what concerns nobody who is registered is not noted. */
export class AuditedInspection implements FaceInspection {
  constructor(
    private readonly inspection: FaceInspection,
    private readonly writer: AuditWriter,
  ) {}

  analyse(image: Uint8Array, options: RequestOptions): Promise<FaceAnalysis> {
    return this.inspection.analyse(image, options);
  }

  compare(first: Uint8Array, second: Uint8Array, options: RequestOptions): Promise<FaceComparison> {
    return this.inspection.compare(first, second, options);
  }

  async identify(image: Uint8Array, count: number, options: RequestOptions): Promise<IdentifiedUser[]> {
    const people = await this.inspection.identify(image, count, options);
    const { origin } = options;
    const found = people.length === 0 ? [null] : people.map(({ userId }) => userId);
    await Promise.all(
      found.map((userId) =>
        this.writer.append({
          ...origin,
          operation: 'identify',
          outcome: userId === null ? 'nobody' : 'recognised',
          userId,
        }),
      ),
    );
    return people;
  }
}
