import 'reflect-metadata';
import { Field, Float, ID, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A place in a picture, in pixels of the upright picture.' })
export class Point {
  @Field(() => Float, { description: 'From the left edge.' })
  x!: number;

  @Field(() => Float, { description: 'From the upper edge.' })
  y!: number;
}

@ObjectType({ description: 'A rectangle in pixels of the upright picture; may reach over its edges.' })
export class Box {
  @Field(() => Float, { description: 'Left edge.' })
  x!: number;

  @Field(() => Float, { description: 'Upper edge.' })
  y!: number;

  @Field(() => Float, { description: 'In pixels.' })
  width!: number;

  @Field(() => Float, { description: 'In pixels.' })
  height!: number;
}

@ObjectType({ description: "Five points of a face; right and left are the person's." })
export class FaceLandmarks {
  @Field(() => Point, { description: 'Middle of the right eye.' })
  rightEye!: Point;

  @Field(() => Point, { description: 'Middle of the left eye.' })
  leftEye!: Point;

  @Field(() => Point, { description: 'Tip of the nose.' })
  noseTip!: Point;

  @Field(() => Point, { description: 'Right corner of the mouth.' })
  rightMouthCorner!: Point;

  @Field(() => Point, { description: 'Left corner of the mouth.' })
  leftMouthCorner!: Point;
}

@ObjectType({
  description: 'Where the head points, in degrees, as estimated; all near 0 when it looks into the camera.',
})
export class Pose {
  @Field(() => Float, { description: 'Positive when the face is turned to the right of the picture.' })
  yaw!: number;

  @Field(() => Float, { description: 'Positive when the face looks up.' })
  pitch!: number;

  @Field(() => Float, { description: 'Positive when the head is tilted clockwise in the picture.' })
  roll!: number;
}

@ObjectType('FaceAnalysis', { description: 'What was measured of the largest face of a picture.' })
export class FaceAnalysisType {
  @Field(() => Box, { description: 'Square around the face.' })
  box!: Box;

  @Field(() => FaceLandmarks, { description: 'Eyes, nose and mouth.' })
  landmarks!: FaceLandmarks;

  @Field(() => Pose, { description: 'Where the head points.' })
  pose!: Pose;

  @Field(() => Float, {
    description: 'Fine detail relative to the contrast; 0 for a completely blurred face.',
  })
  sharpness!: number;

  @Field(() => Float, { description: 'Mean brightness of the face, 0 for black to 1 for white.' })
  brightness!: number;

  @Field(() => Float, { description: 'Side of the box in pixels.' })
  size!: number;

  @Field(() => Float, { description: "The detector's confidence, 0 to 1." })
  detectionScore!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'How likely the picture shows a live face and not a picture of one, 0 to 1; a weak guess. Null unless the operator turned it on.',
  })
  liveness!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Error code with which registration would refuse this face, null when it would take it.',
  })
  problem!: string | null;
}

const SIMILARITY_MEANING =
  "0 to 1; 0.5 is the face model's threshold for one false match in 1000 comparisons, whatever the model. Reported in coarse steps (`SIMILARITY_STEP`).";

@ObjectType({ description: 'Whether two pictures show the same person.' })
export class CompareFacesResult {
  @Field(() => Float, { description: `Likeness of the two faces, ${SIMILARITY_MEANING}` })
  similarity!: number;

  @Field(() => Boolean, { description: 'Whether the faces match at the configured threshold.' })
  samePerson!: boolean;
}

@ObjectType({ description: 'A registered person whom a face resembles.' })
export class IdentifiedPerson {
  @Field(() => ID, { description: "The person's id." })
  id!: string;

  @Field(() => Float, { description: `Likeness to the person's closest picture, ${SIMILARITY_MEANING}` })
  similarity!: number;
}

@ObjectType({ description: 'Whom a face resembles.' })
export class IdentifyFaceResult {
  @Field(() => [IdentifiedPerson], {
    description: 'Everybody at or above the configured threshold, the closest first; nobody when empty.',
  })
  candidates!: IdentifiedPerson[];
}
