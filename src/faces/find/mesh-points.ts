/** x and y of the 468 FaceMesh points in turn, pixels of the upright picture; length 936. */
export type MeshPoints = Float32Array;
