import { OnnxGraph } from '../onnx/onnx-graph.js';

/**
 * Exact search as an ONNX graph: `templates` [dimension, n], of which the first `count` [1] columns are searched,
 * `probe` [1, dimension], `k` [1] → `scores` [k], best first, and `columns` [k], where in `templates` they were.
 * @param dimension values of one template.
 * @returns the bytes of the model.
 */
export function searchGraph(dimension: number): Uint8Array {
  const graph = new OnnxGraph('gallery-search');
  const templates = graph.input('templates', [dimension, 'n']);
  const count = graph.input('count', [1], 'int64');
  const probe = graph.input('probe', [1, dimension]);
  const k = graph.input('k', [1], 'int64');
  const products = graph.node('MatMul', [probe, templates], 'products');
  const flat = graph.node('Reshape', [products, graph.integers('flat-shape', [-1])], 'flat');
  const similarities = graph.node('Slice', [flat, graph.integers('first', [0]), count], 'similarities');
  graph.nodeWithOutputs('TopK', [similarities, k], ['scores', 'columns'], { axis: 0 });
  graph.output('scores', ['k']);
  graph.output('columns', ['k'], 'int64');
  return graph.encode();
}
