import { GraphQLDateTime } from 'graphql-scalars';
import { Field, Float, ID, Int, ObjectType } from 'type-graphql';

@ObjectType('User', { description: 'A registered person.' })
export class UserType {
  @Field(() => ID, {
    description:
      'Id given at registration, 1 to 255 characters; compared exactly, so `Bob` and `bob` are two people.',
  })
  id!: string;

  @Field(() => GraphQLDateTime, { description: 'Time of registration, UTC, in whole seconds.' })
  timestamp!: Date;
}

@ObjectType({ description: 'Answer to a registration that was stored.' })
export class RegisterUserResult {
  @Field(() => String, { description: 'Says in English that the user was stored.' })
  message!: string;

  @Field(() => UserType, { description: 'The user as stored.' })
  user!: UserType;
}

@ObjectType({ description: 'Answer to a picture that was added.' })
export class AddUserImageResult {
  @Field(() => String, { description: 'Says in English that the picture was stored.' })
  message!: string;

  @Field(() => Int, { description: 'How many pictures of the person are stored now.' })
  images!: number;
}

@ObjectType({ description: 'Whether a picture shows the person it is claimed to show.' })
export class VerifyUserResult {
  @Field(() => String, { description: 'Says in English that the picture was compared.' })
  message!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'Id of the registered person the picture resembles most, or null when it resembles nobody enough.',
  })
  recognition!: string | null;

  @Field(() => Boolean, {
    description: 'True when the picture shows the claimed person and resembles nobody else clearly more.',
  })
  verified!: boolean;

  @Field(() => Float, {
    description:
      "Likeness to the claimed person, 0 to 1. 0.5 is the face model's threshold for one false match in 1000 " +
      'comparisons, whatever the model. Reported in coarse steps (`SIMILARITY_STEP`).',
  })
  similarity!: number;
}

@ObjectType({ description: 'Answer to a deletion that is complete.' })
export class DeleteUserResult {
  @Field(() => String, { description: 'Says in English that everything stored about the user is gone.' })
  message!: string;

  @Field(() => [String], { description: 'Names of the image files that were deleted.' })
  filesDeleted!: string[];
}
