/*
 * The exhibit: rings that breathe, on a 2D canvas. Put yours in its place; it knows nothing of hb.
 */
function rings(canvas) {
  'use strict';
  const pen = canvas.getContext('2d');
  const COUNT = 28;

  return function draw(t) {
    const ratio = Math.min(devicePixelRatio, 2);
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    pen.fillStyle = '#0d0b10';
    pen.fillRect(0, 0, width, height);
    const unit = Math.min(width, height);
    const s = t / 1000;
    pen.lineCap = 'round';
    for (let i = 0; i < COUNT; i += 1) {
      const share = i / (COUNT - 1);
      const radius = unit * (0.05 + 0.4 * share);
      const turn = s * (0.5 - share * 0.42) + i * 0.55;
      const sweep = Math.PI * (0.55 + 0.4 * Math.sin(s * 0.6 + i * 0.35));
      pen.lineWidth = unit * 0.0065;
      pen.strokeStyle = 'hsl(' + (14 + 24 * share + 8 * Math.sin(s * 0.3)) + ' 82% ' + (46 + 24 * (1 - share)) + '%)';
      pen.beginPath();
      pen.arc(width / 2, height / 2, radius, turn - sweep, turn + sweep);
      pen.stroke();
    }
  };
}
