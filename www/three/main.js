/**
 * A three.js scene watched by hb. What hb needs is marked; all the rest is the picture.
 */

import {
  AmbientLight, Color, DirectionalLight, Fog, IcosahedronGeometry, InstancedMesh, MeshStandardMaterial, Object3D,
  PerspectiveCamera, Scene, WebGLRenderer,
} from 'three';

const canvas = document.getElementById('picture');
const query = new URLSearchParams(location.search);

// ── hb, part 1: who this screen is and where the server is. The address of the page may say otherwise. ──
const hb = new Heartbeat({
  url: Heartbeat.getPassedUrl(location.origin),
  appId: Heartbeat.getPassedAppId('three'),
  interval: Number(query.get('interval') ?? 5000),
  stallAfter: Number(query.get('stallAfter') ?? 3000),
  gl: canvas,
});

const renderer = new WebGLRenderer({ canvas, antialias: true });
const scene = new Scene();
scene.background = new Color(0x0b1016);
scene.fog = new Fog(0x0b1016, 14, 34);
const camera = new PerspectiveCamera(50, 1, 0.1, 100);
scene.add(new AmbientLight(0x8fb4d8, 0.7));
const sun = new DirectionalLight(0xffd9a8, 3);
sun.position.set(6, 9, 4);
scene.add(sun);

const SIDE = 21;
const stones = new InstancedMesh(new IcosahedronGeometry(0.36, 1), new MeshStandardMaterial({ roughness: 0.55, flatShading: true }), SIDE * SIDE);
const stone = new Object3D();
const colour = new Color();
scene.add(stones);

function place(seconds) {
  for (let i = 0; i < SIDE * SIDE; i += 1) {
    const x = (i % SIDE) - (SIDE - 1) / 2;
    const z = Math.floor(i / SIDE) - (SIDE - 1) / 2;
    const swell = Math.sin(Math.hypot(x, z) * 0.75 - seconds * 1.6) + 0.6 * Math.sin(x * 0.5 + seconds * 0.7);
    stone.position.set(x, swell * 0.7, z);
    stone.rotation.set(seconds * 0.3 + x, seconds * 0.2 + z, 0);
    stone.scale.setScalar(0.8 + swell * 0.22);
    stone.updateMatrix();
    stones.setMatrixAt(i, stone.matrix);
    stones.setColorAt(i, colour.setHSL(0.54 + swell * 0.05, 0.55, 0.46 + swell * 0.1));
  }
  stones.instanceMatrix.needsUpdate = true;
  stones.instanceColor.needsUpdate = true;
}

function resize() {
  renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
  renderer.setSize(innerWidth, innerHeight, false);
  camera.aspect = innerWidth / innerHeight;
  camera.updateProjectionMatrix();
}
addEventListener('resize', resize);
resize();

function frame(t) {
  const seconds = t / 1000;
  place(seconds);
  camera.position.set(Math.sin(seconds * 0.08) * 17, 9.5, Math.cos(seconds * 0.08) * 17);
  camera.lookAt(0, -1.5, 0);
  renderer.render(scene, camera);
}

// ── hb, part 2: the one line. three.js asks for the next frame before it calls this one, so a frame that throws
//    would go unnoticed; the wrapped loop counts a frame only when it returned. ──
renderer.setAnimationLoop(hb.wrap(frame));
