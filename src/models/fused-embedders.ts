import { join } from 'node:path';
import { modelsFolder, type EmbedderModel } from './catalogue.js';

/** An embedder whose embedding is joined with what a second model says of the face. */
export interface FusedEmbedder {
  readonly embedder: 'dlib-resnet-v1' | 'dlib-resnet-v1-8bit';
  readonly features: 'faceres' | 'faceres-8bit';
  /** Directions that were fitted, little-endian float32, row by row: those of the embedding, then of the features. */
  readonly projections: { readonly file: string; readonly sha256: string };
  /** Number of directions. */
  readonly rows: { readonly embedding: number; readonly features: number };
  /** Share of each part's cosine in that of templates; they add up to 1. */
  readonly weights: { readonly embedding: number; readonly features: number };
  /** Length of the template. */
  readonly dimension: number;
  readonly thresholds: NonNullable<EmbedderModel['thresholds']>;
  readonly thresholdsFrom: string;
}

/** How dlib's embedding and faceres' features are joined, in any precision. */
const dlibFaceres = {
  projections: {
    file: 'dlib-faceres-v1.f32',
    sha256: 'a3d69fd55e08c252dfd36625c0e7f6b9564e1004f4923d96087f7521867c59bd',
  },
  rows: { embedding: 64, features: 64 },
  weights: { embedding: 0.91, features: 0.09 },
  dimension: 128,
} as const;

/** By name; the names are stored beside templates and never change meaning. */
export const fusedEmbedders = {
  'dlib-faceres-v2': {
    embedder: 'dlib-resnet-v1-8bit',
    features: 'faceres-8bit',
    ...dlibFaceres,
    thresholds: { '1e-2': 0.857, '1e-3': 0.88, '1e-4': 0.895, '1e-5': 0.91 },
    thresholdsFrom:
      'Cross-validated over the 290197 pairs of different people in 763 pictures of LFW outside its View 2, then raised by 0.002 to 0.004; see docs/accuracy.md',
  },
  'dlib-faceres-v1': {
    embedder: 'dlib-resnet-v1',
    features: 'faceres',
    ...dlibFaceres,
    thresholds: { '1e-2': 0.857, '1e-3': 0.88, '1e-4': 0.9, '1e-5': 0.917 },
    thresholdsFrom:
      'Cross-validated over the 290197 pairs of different people in 763 pictures of LFW outside its View 2, then raised by as much as dlib-resnet-v1 alone needed more on 29.6 million pairs of View 2; see docs/accuracy.md',
  },
} as const satisfies Record<string, FusedEmbedder>;

/** Absolute path; the file is part of the project. */
export function projectionsFile({ projections }: FusedEmbedder): string {
  return join(modelsFolder, projections.file);
}
