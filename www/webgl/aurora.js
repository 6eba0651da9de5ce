/**
 * Curtains of light over a dark sea: one triangle, one fragment shader. Knows nothing of hb.
 */

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform vec2 size;
uniform float time;
out vec4 colour;

// Integers mix well; the usual fract(sin()) shows as rows of stars.
float hash(vec2 p) {
  uvec2 q = uvec2(ivec2(floor(p))) * uvec2(1597334677u, 3812015801u);
  uint n = (q.x ^ q.y) * 1597334677u;
  n = (n ^ (n >> 15)) * 2246822519u;
  return float(n ^ (n >> 13)) / 4294967295.0;
}

float noise(vec2 p) {
  vec2 i = floor(p);
  vec2 f = fract(p);
  f = f * f * (3.0 - 2.0 * f);
  return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}

// Height of one curtain's hem at x, and the light above it.
float curtain(vec2 p, float seed) {
  float drift = time * 0.06;
  float bend = noise(vec2(p.x * 1.3 + drift + seed, seed)) * 0.55 + noise(vec2(p.x * 4.0 - drift * 2.0, seed + time * 0.1)) * 0.12;
  float above = p.y - bend + 0.2;
  float rays = 0.55 + 0.45 * noise(vec2(p.x * 26.0 + bend * 14.0, time * 0.35 + seed));
  return smoothstep(0.0, 0.03, above) * exp(-above * 3.4) * rays;
}

vec3 sky(vec2 p) {
  vec3 c = mix(vec3(0.020, 0.045, 0.085), vec3(0.005, 0.010, 0.030), clamp(p.y, 0.0, 1.0));
  // One star in some of the cells, at a place of its own.
  vec2 cell = floor(p * 60.0);
  vec2 offset = fract(p * 60.0) - 0.2 - 0.6 * vec2(hash(cell + 31.0), hash(cell + 57.0));
  float star = hash(cell);
  float twinkle = 0.6 + 0.4 * sin(time * 1.7 + star * 400.0);
  c += step(0.93, star) * smoothstep(0.09, 0.02, length(offset)) * twinkle * vec3(0.75, 0.85, 1.0) * smoothstep(0.05, 0.6, p.y);
  c += curtain(p, 1.0) * vec3(0.10, 0.95, 0.55);
  c += curtain(p * vec2(0.8, 1.0) + vec2(0.4, -0.10), 7.0) * vec3(0.08, 0.55, 0.85) * 0.8;
  c += curtain(p * vec2(1.2, 0.9) - vec2(0.3, 0.18), 13.0) * vec3(0.65, 0.20, 0.75) * 0.7;
  return c;
}

void main() {
  vec2 p = (gl_FragCoord.xy * 2.0 - size) / size.y;
  float horizon = -0.42;
  vec3 c;
  if (p.y > horizon) {
    c = sky(vec2(p.x, p.y - horizon));
  } else {
    // The sea mirrors the sky, broken by waves that grow towards the viewer.
    float depth = horizon - p.y;
    float wave = noise(vec2(p.x * 7.0 / (depth + 0.12), time * 0.7 + 5.0 / (depth + 0.08))) - 0.5;
    c = sky(vec2(p.x + wave * depth * 0.5, depth * 1.4 + wave * 0.12)) * vec3(0.38, 0.46, 0.56);
  }
  c += (hash(gl_FragCoord.xy + fract(time) * 977.0) - 0.5) / 160.0;
  colour = vec4(pow(c, vec3(0.85)), 1.0);
}`;

/** Pixels along the longer side beyond which nothing is gained but heat. */
const MOST = 1280;

/** Prepares the picture on `canvas`; `draw(t)` draws it at `t` ms. A lost context draws nothing and does not fail. */
export function createPicture(canvas) {
  const gl = canvas.getContext('webgl2', { antialias: false, alpha: false });
  if (!gl) throw new Error('This browser has no WebGL2.');
  const program = link(gl);
  const size = gl.getUniformLocation(program, 'size');
  const time = gl.getUniformLocation(program, 'time');
  gl.useProgram(program);
  return {
    draw(t) {
      fit(canvas);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.uniform2f(size, canvas.width, canvas.height);
      gl.uniform1f(time, t / 1000);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    },
  };
}

function fit(canvas) {
  const scale = Math.min(devicePixelRatio, MOST / Math.max(canvas.clientWidth, canvas.clientHeight, 1));
  const width = Math.max(1, Math.round(canvas.clientWidth * scale));
  const height = Math.max(1, Math.round(canvas.clientHeight * scale));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

function link(gl) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(program));
  return program;
}
