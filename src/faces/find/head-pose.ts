/** Where the head points, in degrees; all near 0 for a face that looks straight into the camera. */
export interface HeadPose {
  /** -180 to 180; positive when the face is turned to the right of the picture. */
  readonly yaw: number;
  /** -90 to 90; positive when the face looks up. */
  readonly pitch: number;
  /** -180 to 180; positive when the head is tilted clockwise in the picture. */
  readonly roll: number;
}

type Vector = readonly [x: number, y: number, z: number];

/** Mesh points at the edges of the face; right and left are the person's. */
const RIGHT_CHEEK = 234;
const LEFT_CHEEK = 454;
const FOREHEAD = 10;
const CHIN = 152;

/** Pitch of that plane for a face that looks straight ahead, degrees: the median of the 763 faces of lfw-dev. */
const LEVEL_PITCH = -6;

/**
 * Pose from the plane through the edges of the face.
 * @param mesh x, y and z of the 468 points in turn; x to the right, y down, z away from the camera.
 * @param angle turn of the mesh in the picture, radians, clockwise.
 */
export function poseOf(mesh: Float32Array, angle: number): HeadPose {
  const across = between(mesh, RIGHT_CHEEK, LEFT_CHEEK);
  const down = between(mesh, FOREHEAD, CHIN);
  const tilt = Math.atan2(across[1], across[0]);
  const [x, y, z] = cross(down, across);
  // Turned back by the tilt, so that yaw and pitch are those of the head, whatever its roll.
  const right = x * Math.cos(tilt) + y * Math.sin(tilt);
  const below = y * Math.cos(tilt) - x * Math.sin(tilt);
  return {
    yaw: degrees(Math.atan2(right, -z)),
    pitch: degrees(Math.atan2(-below, Math.hypot(right, z))) - LEVEL_PITCH,
    roll: degrees(Math.atan2(Math.sin(tilt + angle), Math.cos(tilt + angle))),
  };
}

function between(mesh: Float32Array, from: number, to: number): Vector {
  const along = (axis: number) => (mesh[to * 3 + axis] ?? NaN) - (mesh[from * 3 + axis] ?? NaN);
  return [along(0), along(1), along(2)];
}

function cross([a, b, c]: Vector, [d, e, f]: Vector): Vector {
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}
