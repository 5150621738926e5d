import { OnnxGraph } from '../../models/converter/onnx-graph.js';

/**
 * Exact search as an ONNX graph: `templates` [n, dimension], `probe` [dimension], `k` [1] → `scores` [k], best
 * first, and `rows` [k], where in `templates` they were.
 * @param dimension values of one template.
 * @returns the bytes of the model.
 */
export function searchGraph(dimension: number): Uint8Array {
  const graph = new OnnxGraph('gallery-search');
  const templates = graph.input('templates', ['n', dimension]);
  const probe = graph.input('probe', [dimension]);
  const k = graph.input('k', [1], 'int64');
  // Asked for as templates × probe, the runtime would fill a whole tile of columns for the one there is.
  const row = graph.node('Reshape', [probe, graph.integers('row-shape', [1, dimension])], 'row');
  const products = graph.node('Gemm', [row, templates], 'products', { transB: 1 });
  const similarities = graph.node('Reshape', [products, graph.integers('flat-shape', [-1])], 'similarities');
  graph.nodeWithOutputs('TopK', [similarities, k], ['scores', 'rows'], { axis: 0 });
  graph.output('scores', ['k']);
  graph.output('rows', ['k'], 'int64');
  return graph.encode();
}
