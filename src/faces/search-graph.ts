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
  const similarities = graph.node('MatMul', [templates, probe], 'similarities');
  graph.nodeWithOutputs('TopK', [similarities, k], ['scores', 'rows'], { axis: 0 });
  graph.output('scores', ['k']);
  graph.output('rows', ['k'], 'int64');
  return graph.encode();
}
