import { Router } from 'express';
import type { Request, RequestHandler } from 'express';
import { ServiceError } from '../../errors.js';
import { ReceivedImage } from '../graphql/uploads/image-upload.js';
import { messages } from '../messages.js';
import { allow } from '../middleware/authenticate.js';
import { deleteUser, registerUser, verifyUser } from './documents.js';
import { onlyMethods } from './failures.js';
import { imageForm, requireId, textForm } from './form-body.js';
import { prefersRepresentation } from './prefer.js';
import type { RunOperation } from './run-operation.js';
import { streamUsers } from './stream-users.js';

function requireIdAndImage(request: Request, message: string): { id: string; image: ReceivedImage } {
  const id = requireId(request.body, message);
  if (request.file === undefined) throw new ServiceError('BAD_REQUEST', { message });
  return { id, image: new ReceivedImage(request.file.buffer) };
}

export interface RestRoutesOptions {
  /** Refuses requests of nobody in particular. */
  readonly authenticated: RequestHandler;
  readonly runOperation: RunOperation;
  readonly maxImageBytes: number;
}

/** The documented REST routes, with and without the last slash; each translates to one GraphQL operation. */
export function restRoutes({ authenticated, runOperation, maxImageBytes }: RestRoutesOptions): Router {
  const router = Router({ caseSensitive: true });

  router
    .route('/register')
    .all(authenticated)
    .get(allow('users'), (request, response) => streamUsers(runOperation, request, response))
    .post(
      allow('registerUser'),
      ...imageForm(maxImageBytes, messages.registerIncomplete),
      async (request, response) => {
        const result = await runOperation(
          registerUser,
          requireIdAndImage(request, messages.registerIncomplete),
        );
        response.status(201).json({ message: result.registerUser.message });
      },
    )
    .delete(allow('deleteUser'), ...textForm(messages.deleteIncomplete), async (request, response) => {
      const id = requireId(request.body, messages.deleteIncomplete);
      const { message, filesDeleted } = (await runOperation(deleteUser, { id })).deleteUser;
      // The documented 204 can have no body (RFC 9110, 15.3.5); the documented body is there on request (RFC 7240).
      if (prefersRepresentation(request))
        response
          .set('Preference-Applied', 'return=representation')
          .json({ message, files_deleted: filesDeleted });
      else response.status(204).end();
    })
    .all(onlyMethods('GET', 'HEAD', 'POST', 'DELETE'));

  router
    .route('/verify')
    .all(authenticated)
    .post(
      allow('verifyUser'),
      ...imageForm(maxImageBytes, messages.verifyIncomplete),
      async (request, response) => {
        const result = await runOperation(verifyUser, requireIdAndImage(request, messages.verifyIncomplete));
        const { message, recognition, verified } = result.verifyUser;
        response.json({ message, recognition, verified });
      },
    )
    .all(onlyMethods('POST'));

  return router;
}
