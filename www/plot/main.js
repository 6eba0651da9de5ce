/**
 * What `npm run build` bundles for the plots of the dashboard: uPlot and its style sheet, as they are.
 */

import 'uplot/dist/uPlot.min.css';

export { default } from 'uplot';
