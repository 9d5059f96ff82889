<?php
file_put_contents(__DIR__ . '/warm.txt', implode("\n", glob(__DIR__ . '/src/*.php')));
